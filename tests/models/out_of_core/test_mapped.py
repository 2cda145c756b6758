"""Other grocers' tables, with the dirt they come with, become journeys (field case F22)."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from models.errors import SourceUnreadable
from models.items import item_key
from models.out_of_core.mapped import needs_writing, write_mapped
from models.sources.column_map import read_source_map
from models.sources.journey import Journey, read_journey
from tests.models.out_of_core.conftest import quiet
from tests.models.stall import products, repeated, stall, till, told, write

# Local days since the epoch.
NOV_1_2000, DEC_1_2010, MAY_31_2017 = 11_262, 14_944, 17_317


def files(folder: Path, **texts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def read_mapped(source: Path, named: str, room: Path) -> Journey:
    map_ = read_source_map(named)
    written = write_mapped(source, map_, room / "written", quiet)
    return read_journey(written.folder, map_.utc_offset_hours)


def mapped(folder: Path, text: str) -> str:
    path = folder / "map.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


_HEADINGS = (
    *("TRANSACTION_DT", "CUSTOMER_ID", "AGE_GROUP", "PIN_CODE", "PRODUCT_SUBCLASS"),
    *("PRODUCT_ID", "AMOUNT", "ASSET", "SALES_PRICE"),
)
TA_FENG = (
    "\ufeff"
    + ",".join(f'"{name}"' for name in _HEADINGS)
    + """
"11/1/2000","01104905","45-49","115","110411","4710199010372","2","24","30"
"11/1/2000","01104905","45-49","115","120107","0078895770025","1","48","46"
"11/13/2000","00418683","Unknown","Others","110411","4710199010372","3","36","45"
"2000-11-13","00418683","45-49","115","110411","4710199010372","1","12","15"
"""
)


def test_ta_feng_has_dates_alone_and_one_table(tmp_path: Path) -> None:
    source = files(tmp_path / "t", ta_feng_all_months_merged=TA_FENG)
    journey = read_mapped(source, "ta-feng", tmp_path)
    assert journey.trips.day.tolist() == [NOV_1_2000 + 12, NOV_1_2000]
    assert journey.households.tolist() == [418_683, 1_104_905]
    assert journey.items.type_names.tolist() == ["110411", "120107"]
    assert journey.items.keys.tolist() == [78_895_770_025, 4_710_199_010_372]
    assert journey.lines.cents.tolist() == [4500, 4600, 3000]
    assert journey.left_out == {"date-unreadable": 1}
    written = pq.read_schema(tmp_path / "written" / "transactions.parquet").names
    assert not {"AGE_GROUP", "PIN_CODE"} & set(written)


ONLINE_RETAIL = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,"HEART, T-LIGHT",6,12/1/2010 8:26,2.55,17850,United Kingdom
536365,71053,LANTERN,6,12/1/2010 8:26,3.39,17850.0,United Kingdom
536365,POST,POSTAGE,1,12/1/2010 8:26,18,17850,United Kingdom
C536379,D,Discount,-1,12/1/2010 9:41,27.5,14527,United Kingdom
C536391,71053,LANTERN,-12,12/1/2010 10:24,3.39,17548,United Kingdom
536544,71053,LANTERN,2,12/1/2010 14:32,3.395,,United Kingdom
536544,85123A,"HEART, T-LIGHT",1,12/1/2010 14:32,5.06,,United Kingdom
536414,22139,,56,12/1/2010 11:52,0,,United Kingdom
"""


def test_online_retail_has_cancellations_postage_and_sales_of_nobody(tmp_path: Path) -> None:
    file = files(tmp_path / "uci", OnlineRetail=ONLINE_RETAIL) / "OnlineRetail.csv"
    journey = read_mapped(file, "online-retail", tmp_path)
    assert journey.left_out == {
        "household-missing": 3,
        "product-not-goods": 2,
        "quantity-not-positive": 1,
    }
    assert journey.households.tolist() == [17_850]
    assert journey.trips.household.tolist() == [-2, -1, 17_850]
    assert sorted(journey.lines.cents.tolist()) == [0, 506, 679, 1530, 2034]
    assert journey.items.keys.tolist() == [22_139, 71_053, item_key("85123A")]
    assert journey.trips.hour.tolist() == [14, 11, 8]


def dunnhumby(folder: Path) -> Path:
    return files(
        folder,
        transaction_data="household_key,BASKET_ID,DAY,PRODUCT_ID,QUANTITY,SALES_VALUE,STORE_ID,RETAIL_DISC,"
        """TRANS_TIME,WEEK_NO,COUPON_DISC,COUPON_MATCH_DISC
2375,26984851472,1,1004906,1,1.39,364,-0.6,1631,1,0,0
2375,26984851472,1,1033142,2,0.82,364,0,1631,1,0,0
1364,26984896261,6,1004906,1,1.39,364,0,5,2,0,0
1364,26984896261,6,6534178,8000,20,364,0,5,2,0,0
""",
        product="""PRODUCT_ID,MANUFACTURER,DEPARTMENT,BRAND,COMMODITY_DESC,SUB_COMMODITY_DESC,CURR_SIZE_OF_PRODUCT
1004906,69,PRODUCE,Private,POTATOES,POTATOES RUSSET (BULK&BAG),5 LB
1033142,2,PRODUCE,National,ONIONS,ONIONS SWEET (BULK&BAG),40 LB
6534178,69,KIOSK-GAS,Private,COUPON/MISC ITEMS,GASOLINE-REG UNLEADED,
""",
        causal_data="""PRODUCT_ID,STORE_ID,WEEK_NO,display,mailer
1004906,364,2,0,A
1033142,364,2,5,0
""",
    )


def test_dunnhumby_numbers_its_days_and_tells_promotions(tmp_path: Path) -> None:
    journey = read_mapped(dunnhumby(tmp_path / "d"), "dunnhumby", tmp_path)
    # 2014-01-01, a Wednesday.
    assert journey.trips.day.tolist() == [16_071 + 5, 16_071]
    assert journey.trips.hour.tolist() == [0, 16]
    assert journey.trips.week.tolist() == [2, 1]
    assert journey.left_out == {"product-not-goods": 1}
    assert journey.promoted.tolist() == [True, False, False]
    assert journey.brand.tolist() == ["Private", "National"]


def instacart(folder: Path) -> Path:
    return files(
        folder,
        orders="""order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,days_since_prior_order
1,7,prior,1,2,08,
2,7,prior,2,5,07,3.0
3,7,prior,3,5,12,30.0
4,7,train,4,6,16,8.0
5,9,prior,1,0,10,
""",
        order_products__prior="""order_id,product_id,add_to_cart_order,reordered
1,196,1,0
2,196,1,1
3,196,1,1
3,14084,2,0
5,14084,1,0
""",
        order_products__train="order_id,product_id,add_to_cart_order,reordered\n4,196,1,1\n",
        products="""product_id,product_name,aisle_id,department_id
196,Soda,77,7
14084,"Organic ""Unsweetened"" Milk",91,16
""",
        aisles="aisle_id,aisle\n77,soft drinks\n91,soy lactosefree\n",
        departments="department_id,department\n7,beverages\n16,dairy eggs\n",
    )


def test_instacart_is_placed_in_time_by_the_days_between_orders(tmp_path: Path) -> None:
    journey = read_mapped(instacart(tmp_path / "i"), "instacart", tmp_path)
    days, trips = journey.trips.day, journey.trips
    assert trips.household.tolist() == [7, 7, 7, 7, 9]
    # The last order of each on its weekday up to 31 May, a Wednesday: Friday 26, Saturday 27.
    assert days[[3, 4]].tolist() == [MAY_31_2017 - 5, MAY_31_2017 - 4]
    # Eight days back, a Thursday; thirty stands for thirty and more, so 35; then three.
    assert [int(days[3] - one) for one in days[:4]] == [46, 43, 8, 0]
    assert [(day - 2) % 7 for day in days.tolist()] == [2, 5, 5, 6, 0]
    assert trips.hour.tolist() == [8, 7, 12, 16, 10]
    assert journey.items.type_names.tolist() == ["soft drinks", "soy lactosefree"]
    assert journey.items.department_names.tolist() == ["beverages", "dairy eggs"]
    assert not journey.left_out


def test_tables_of_text_in_our_columns_need_no_map(tmp_path: Path) -> None:
    lines = """household_id,store_id,basket_id,product_id,quantity,sales_value,week,transaction_timestamp
1,3,10,100,1,1.5,10,2017-03-06T18:00:00
1,3,10,101,2,4.0,10,2017-03-06 18:00
2,3,11,100,1,1.7,10,2017-03-06T19:00:00Z
2,4,12,102,1,0.99,10,2017-03-07 20:00:00
"""
    goods = (
        "product_id\tdepartment\tproduct_category\tproduct_type\tbrand\tpackage_size\n"
        "100\tGROCERY\tBREAD\tWHITE BREAD\tNational\t16 OZ\n"
        "101\tGROCERY\tMILK\tWHOLE MILK\tPrivate\t\n"
        "102\tPRODUCE\tFRUIT\tAPPLES\tNational\t\n"
    )
    source = files(tmp_path / "csv", transactions=lines)
    (source / "products.tsv").write_text(goods)
    assert needs_writing(source)
    assert not needs_writing(stall(tmp_path / "parquet"))
    written = write_mapped(source, None, tmp_path / "out", quiet)
    assert told(read_journey(written.folder)) == told(read_journey(tmp_path / "parquet"))


def test_json_lines_and_parquet_are_tables_as_well(tmp_path: Path) -> None:
    source = tmp_path / "mixed"
    source.mkdir()
    (source / "transactions.jsonl").write_text(
        '{"who":"A","sku":"0100","n":1,"paid":"1,50","at":"06.03.2017"}\n'
        '{"who":null,"sku":"0101","n":"2","paid":"1.004,00","at":"07.03.2017","till":5}\n'
        "no json\n"
    )
    write(source / "goods.parquet", {"sku": ["0100", "0101"]})
    named = mapped(
        tmp_path,
        """
[transactions]
decimal = ","
date_format = "%d.%m.%Y"
[transactions.columns]
household_id = "who"
basket_id = ["till", "at"]
product_id = "sku"
quantity = "n"
sales_value = "paid"
transaction_timestamp = "at"
[products]
file = "goods.parquet"
[products.columns]
product_id = "sku"
""",
    )
    journey = read_mapped(source, named, tmp_path)
    assert journey.lines.household.tolist() == [-1, item_key("A")]
    assert journey.lines.cents.tolist() == [100_400, 150]
    assert journey.product_ids.tolist() == ["0100", "0101"]
    assert set(journey.left_out) == {"household-missing", "date-unreadable"}


def test_weights_prices_a_piece_and_hundredths(tmp_path: Path) -> None:
    source = files(
        tmp_path / "s",
        transactions="c,p,q,u,each,t\n1,5,0.350,KG,9.90,1488823200\n1,6,3,St,2,1488823200\n",
    )
    named = mapped(
        tmp_path,
        """
[transactions]
date_format = "epoch-s"
[transactions.columns]
household_id = "c"
product_id = "p"
quantity = "q"
unit = "u"
unit_price = "each"
transaction_timestamp = "t"
""",
    )
    journey = read_mapped(source, named, tmp_path)
    assert journey.lines.quantity.tolist() == [1, 3]
    assert journey.lines.cents.tolist() == [347, 600]
    assert journey.trips.hour.tolist() == [18]
    hundredths = (tmp_path / "map.toml").read_text().replace("unit_price", "sales_value_cents")
    cents = read_mapped(source, mapped(tmp_path, hundredths), tmp_path / "other")
    assert cents.lines.cents.tolist() == [10, 2]


def test_a_line_that_cannot_be_taken_apart_is_counted(tmp_path: Path) -> None:
    broken = ONLINE_RETAIL + "1,2,3,4,5,6,7,8,9,10\n"
    source = files(tmp_path / "uci", OnlineRetail=broken)
    written = write_mapped(source, read_source_map("online-retail"), tmp_path / "out", quiet)
    assert written.broken == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '[transactions.columns]\nproduct_id = "SKU"\n',
            "no column 'SKU', which is to be product_id; it has c, p",
        ),
        (
            '[transactions.columns]\nproduct_id = "p"\n',
            "nothing tells quantity; name its column; there are c, p",
        ),
        (
            '[transactions.columns]\narticle = "p"\n',
            "transactions has no field 'article'; there are household_id",
        ),
        ('[transactions]\nfile = "till.csv"\n', "there is no till.csv; put the file there"),
        ("[transactions]\ndecimal = ';'\n", "transactions.decimal: "),
        ("[transactions\n", "docs/models.md shows a map"),
    ],
)
def test_a_map_that_does_not_fit_says_what_to_write(
    tmp_path: Path, text: str, sentence: str
) -> None:
    source = files(tmp_path / "s", transactions="c,p,q\n1,5,1\n")
    with pytest.raises(SourceUnreadable) as refused:
        read_mapped(source, mapped(tmp_path, text), tmp_path)
    assert sentence in str(refused.value)


def test_no_such_map_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"dunnhumby, .* ta-feng"):
        read_source_map(str(tmp_path / "nowhere.toml"))


def test_repeated_rows_keep_the_first_product(tmp_path: Path) -> None:
    source = tmp_path / "p"
    write(source / "till.parquet", till())
    write(source / "goods.parquet", repeated(products(), [0, 1, 2, 0]))
    named = mapped(
        tmp_path,
        '[transactions]\nfile = "till.parquet"\n[products]\nfile = "goods.parquet"\n',
    )
    journey = read_mapped(source, named, tmp_path)
    assert journey.left_out == {"product-repeated": 1}
    assert told(journey)[:-1] == told(read_journey(stall(tmp_path / "plain"), 0.0))[:-1]
