-- The items with trips enough to be learnt, numbered by ascending key.
SELECT
    s.item,
    g.kind,
    s.trips,
    CAST(ROW_NUMBER() OVER (ORDER BY s.item) - 1 AS INT) AS place
FROM (
    SELECT
        item,
        CAST(SUM(trips) AS BIGINT) AS trips
    FROM item_trips
    GROUP BY item
    HAVING SUM(trips) >= :trips_min
) AS s
INNER JOIN goods AS g ON s.item = g.item
ORDER BY s.item
