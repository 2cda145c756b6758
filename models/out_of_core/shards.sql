-- What each shard holds.
SELECT
    shard,
    COUNT(*) AS lines,
    MIN(day) AS first_day,
    MAX(day) AS last_day
FROM all_lines
GROUP BY shard
