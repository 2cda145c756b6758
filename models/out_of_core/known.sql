-- The purchases of vocabulary items, by their number in it.
SELECT
    p.household,
    p.day,
    p.at_s,
    v.place,
    v.kind
FROM purchases AS p
INNER JOIN vocabulary AS v ON p.item = v.item
