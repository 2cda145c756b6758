-- For loyalty.sql: what came back, told by product type.
SELECT DISTINCT
    household,
    day,
    kind AS thing
FROM known
