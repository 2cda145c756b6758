-- Each household with the store of most of its trips, and a mark by which samples are drawn.
WITH visits AS (
    SELECT
        household,
        store,
        COUNT(DISTINCT day) AS trips
    FROM purchases
    WHERE household >= 0
    GROUP BY household, store
),

ranked AS (
    SELECT
        household,
        store,
        SUM(trips) OVER (PARTITION BY household) AS trips,
        ROW_NUMBER() OVER (PARTITION BY household ORDER BY trips DESC, store) AS place
    FROM visits
)

SELECT
    household,
    store AS home,
    CAST(trips AS BIGINT) AS trips,
    MOD(
        MOD(MOD(MOD(household, 2147483647) * 1583458089, 2147483647) + 97, 2147483647) * 784588716,
        2147483647
    ) AS mark
FROM ranked
WHERE place = 1
