-- Which weeks the lines of each day tell.
SELECT
    day,
    week,
    COUNT(*) AS lines
FROM all_lines
GROUP BY day, week
ORDER BY day, week
