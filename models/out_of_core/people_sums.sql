-- A household is in one shard alone.
SELECT CAST(SUM(households) AS BIGINT) AS households
FROM people
