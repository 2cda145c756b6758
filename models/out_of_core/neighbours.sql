-- Of the households at home in the stores chosen, those with the lowest marks.
SELECT h.household
FROM homes AS h
INNER JOIN chosen_stores AS c ON h.home = c.store
ORDER BY h.mark, h.household
LIMIT :people
