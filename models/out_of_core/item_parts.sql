-- The trips of each vocabulary item by part of the day.
SELECT
    k.place,
    h.part,
    COUNT(*) AS trips
FROM known AS k
INNER JOIN hours AS h ON h.clock = CAST(FLOOR(MOD(k.at_s, 86400) / 3600.0) AS INT)
GROUP BY k.place, h.part
