-- All trips of this shard by part of the day, and those of the last four weeks.
SELECT
    h.part,
    COUNT(*) AS trips,
    CAST(SUM(CASE WHEN t.day > :recent_after THEN 1 ELSE 0 END) AS BIGINT) AS recent
FROM (
    SELECT
        household,
        day,
        MIN(at_s) AS at_s
    FROM purchases
    GROUP BY household, day
) AS t
INNER JOIN hours AS h ON h.clock = CAST(FLOOR(MOD(t.at_s, 86400) / 3600.0) AS INT)
GROUP BY h.part
