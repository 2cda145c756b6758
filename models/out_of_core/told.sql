-- The promotions of goods that somebody could have met; of several rows for one the first of the alphabet counts.
WITH ranked AS (
    SELECT
        p.item,
        p.store,
        p.week,
        p.display,
        p.mailer,
        ROW_NUMBER() OVER (
            PARTITION BY p.item, p.store, p.week
            ORDER BY p.display, p.mailer
        ) AS place
    FROM promotions AS p
    INNER JOIN cells AS c ON p.store = c.store AND p.week = c.week
    INNER JOIN goods AS g ON p.item = g.item
    WHERE p.display <> '0' OR p.mailer <> '0'
)

SELECT
    item,
    store,
    week,
    display,
    mailer
FROM ranked
WHERE place = 1
