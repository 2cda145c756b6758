-- How often each price of one piece was paid; a line that the source tells twice counts once.
SELECT
    v.place,
    l.each_cents,
    COUNT(*) AS times
FROM (
    SELECT DISTINCT
        household,
        at_s,
        basket,
        item,
        quantity,
        cents,
        CAST(cents AS DOUBLE) / CAST(quantity AS DOUBLE) AS each_cents
    FROM lines
    WHERE day <= :until
) AS l
INNER JOIN vocabulary AS v ON l.item = v.item
GROUP BY v.place, l.each_cents
