-- In how many trips of this shard each item was.
SELECT
    item,
    COUNT(*) AS trips
FROM purchases
GROUP BY item
