-- The median price of each item; of two middle ones the lower.
WITH paid AS (
    SELECT
        place,
        each_cents,
        SUM(times) AS times
    FROM prices
    GROUP BY place, each_cents
),

counted AS (
    SELECT
        place,
        each_cents,
        SUM(times) OVER (PARTITION BY place ORDER BY each_cents) AS up_to,
        SUM(times) OVER (PARTITION BY place) AS all_times
    FROM paid
)

SELECT
    place,
    MIN(each_cents) AS each_cents
FROM counted
WHERE up_to > FLOOR((all_times - 1) / 2.0)
GROUP BY place
