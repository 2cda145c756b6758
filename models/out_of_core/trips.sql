-- Household x local day with its distinct items; time and store are those of the day's first line.
WITH placed AS (
    SELECT
        household,
        day,
        at_s,
        store,
        ROW_NUMBER() OVER (
            PARTITION BY household, day
            ORDER BY at_s, basket, item, quantity, cents, store
        ) AS place
    FROM lines
),

bought AS (
    SELECT DISTINCT
        household,
        day,
        item
    FROM lines
)

SELECT
    b.household,
    b.day,
    p.at_s,
    p.store,
    b.item
FROM bought AS b
INNER JOIN placed AS p ON b.household = p.household AND b.day = p.day
WHERE p.place = 1
ORDER BY b.household, b.day, b.item
