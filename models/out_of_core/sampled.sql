-- What a sample of households bought: those with the lowest marks, the same at every cut.
SELECT
    p.household,
    v.place
FROM purchases AS p
INNER JOIN (
    SELECT household
    FROM homes
    ORDER BY mark, household
    LIMIT :people
) AS s ON p.household = s.household
INNER JOIN vocabulary AS v ON p.item = v.item
