-- Which weeks the lines of each day tell.
SELECT
    day,
    week,
    COUNT(*) AS lines
FROM all_lines
WHERE week IS NOT NULL
GROUP BY day, week
ORDER BY day, week
