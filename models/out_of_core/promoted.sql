-- What was bought while its store had it on promotion, and where; a row a household, day and item.
SELECT
    t.shard,
    t.household,
    t.day,
    t.item,
    p.display,
    p.mailer
FROM all_trips AS t
INNER JOIN weeks AS w ON t.day = w.day
INNER JOIN told AS p ON t.item = p.item AND t.store = p.store AND w.week = p.week
