-- What had been bought by the end of the cut day.
SELECT
    household,
    day,
    at_s,
    store,
    item
FROM trips
WHERE day <= :until
