-- How often each item of this shard was bought in each place of promotion by the end of a day.
SELECT
    item,
    display,
    mailer,
    COUNT(*) AS trips
FROM promoted
WHERE day <= :until
GROUP BY item, display, mailer
