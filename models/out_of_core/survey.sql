-- What the stage must know of a source before it cleans it: its size, what no row tells, and whether times are told.
SELECT
    COUNT(*) AS till_rows,
    COUNT(store) AS store_id_told,
    COUNT(item) AS product_id_told,
    COUNT(quantity) AS quantity_told,
    COUNT(paid) AS sales_value_told,
    COUNT(second_utc) AS transaction_timestamp_told,
    MAX(MOD(second_utc, 86400)) AS latest_of_day
FROM transactions
