-- All trips, and those of told weeks.
SELECT
    CAST(SUM(v.trips) AS BIGINT) AS trips,
    CAST(SUM(CASE WHEN c.store IS NULL THEN 0 ELSE v.trips END) AS BIGINT) AS told_trips
FROM visits AS v
LEFT JOIN cells AS c ON v.store = c.store AND v.week = c.week
