-- For loyalty.sql: what came back, told by item.
SELECT
    household,
    day,
    place AS thing
FROM known
