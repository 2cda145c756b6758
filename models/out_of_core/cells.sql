-- The weeks of which a store told its promotions and in which somebody came.
SELECT DISTINCT
    p.store,
    p.week
FROM promotions AS p
INNER JOIN (
    SELECT DISTINCT
        t.store,
        w.week
    FROM all_trips AS t
    INNER JOIN weeks AS w ON t.day = w.day
) AS v ON p.store = v.store AND p.week = v.week
