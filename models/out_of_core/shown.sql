-- How many trips were made while each item was on promotion in each place.
SELECT
    p.item,
    p.display,
    p.mailer,
    CAST(SUM(v.trips) AS BIGINT) AS trips
FROM told AS p
INNER JOIN (
    SELECT
        store,
        week,
        SUM(trips) AS trips
    FROM visits
    GROUP BY store, week
) AS v ON p.store = v.store AND p.week = v.week
GROUP BY p.item, p.display, p.mailer
