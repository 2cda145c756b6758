-- What a profile holds of each household and item: trips, first and last day, and which of the newest 64 trips
-- held it, as two halves of a mask (bit 0 of the low half = the newest trip); on which of the newest 32 it was promoted.
WITH slots AS (
    SELECT
        household,
        day,
        ROW_NUMBER() OVER (PARTITION BY household ORDER BY day DESC) - 1 AS slot
    FROM (
        SELECT DISTINCT
            household,
            day
        FROM purchases
    ) AS d
)

SELECT
    p.household,
    p.item,
    COUNT(*) AS trips,
    MIN(p.day) AS first_day,
    MAX(p.day) AS last_day,
    CAST(SUM(CASE WHEN s.slot < 32 THEN POWER(2, s.slot) ELSE 0 END) AS BIGINT) AS mask_low,
    CAST(
        SUM(CASE WHEN s.slot BETWEEN 32 AND 63 THEN POWER(2, s.slot - 32) ELSE 0 END) AS BIGINT
    ) AS mask_high,
    CAST(
        SUM(
            CASE WHEN s.slot < 32 AND m.item IS NOT NULL THEN POWER(2, s.slot) ELSE 0 END
        ) AS BIGINT
    ) AS promoted
FROM purchases AS p
INNER JOIN slots AS s ON p.household = s.household AND p.day = s.day
LEFT JOIN promoted AS m ON p.household = m.household AND p.day = m.day AND p.item = m.item
WHERE p.household >= 0
GROUP BY p.household, p.item
ORDER BY p.household, p.item
