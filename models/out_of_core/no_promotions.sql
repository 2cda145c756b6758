-- A source that tells nothing of promotions.
SELECT
    CAST(0 AS BIGINT) AS item,
    CAST(0 AS BIGINT) AS store,
    CAST(0 AS BIGINT) AS week,
    '0' AS display,
    '0' AS mailer
WHERE 1 = 0
