-- The stores in which chosen households shopped.
SELECT DISTINCT t.store
FROM trips AS t
INNER JOIN chosen_people AS c ON t.household = c.household
