-- What the stage must know of a source before it cleans it: size, gaps, and whether times are told at all.
SELECT
    COUNT(*) AS till_rows,
    COUNT(*) - COUNT(household) AS household_id_gaps,
    COUNT(*) - COUNT(store) AS store_id_gaps,
    COUNT(*) - COUNT(basket) AS basket_id_gaps,
    COUNT(*) - COUNT(item) AS product_id_gaps,
    COUNT(*) - COUNT(quantity) AS quantity_gaps,
    COUNT(*) - COUNT(paid) AS sales_value_gaps,
    COUNT(week) AS weeks_told,
    COUNT(*) - COUNT(second_utc) AS transaction_timestamp_gaps,
    LEAST(MIN(household), MIN(store), MIN(basket), MIN(item)) AS least_id,
    MAX(MOD(second_utc, 86400)) AS latest_of_day
FROM transactions
