-- What stores told of products, by week; a product told twice counts once. "0" or nothing is how sources say "not there".
SELECT
    CAST(product_id AS BIGINT) AS item,
    CAST(store_id AS BIGINT) AS store,
    CAST(week AS BIGINT) AS week,
    CASE
        WHEN TRIM(COALESCE(CAST(display_location AS STRING), '')) = '' THEN '0'
        ELSE TRIM(CAST(display_location AS STRING))
    END AS display,
    CASE
        WHEN TRIM(COALESCE(CAST(mailer_location AS STRING), '')) = '' THEN '0'
        ELSE TRIM(CAST(mailer_location AS STRING))
    END AS mailer
FROM leaflets
