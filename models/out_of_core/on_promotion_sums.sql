-- The shards' rows of on_promotion.sql, added up.
SELECT
    item,
    display,
    mailer,
    CAST(SUM(trips) AS BIGINT) AS trips
FROM on_promotion
GROUP BY item, display, mailer
