-- The trips of each store, and a mark by which samples are drawn.
SELECT
    store,
    COUNT(*) AS trips,
    MOD(MOD(store + 97, 2147483647) * 784588716, 2147483647) AS mark
FROM (
    SELECT DISTINCT
        household,
        day,
        store
    FROM purchases
) AS t
GROUP BY store
