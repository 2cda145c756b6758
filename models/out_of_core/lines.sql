-- The lines of goods up to the last day that may be seen, each with the shard of its household.
-- Shards are cut by a multiplicative hash, so that ids in steps of ten or a thousand spread as well as any.
SELECT
    CAST(
        MOD(MOD(MOD(t.household, 2147483647) * 1583458089, 2147483647), :shards) AS INT
    ) AS shard,
    t.household,
    CAST(FLOOR((t.second_utc + :offset_s) / 86400.0) AS INT) AS day,
    t.second_utc + :offset_s AS at_s,
    t.basket,
    t.store,
    t.item,
    t.quantity,
    t.cents,
    t.week
FROM transactions AS t
INNER JOIN goods AS g ON t.item = g.item
WHERE
    t.quantity BETWEEN 1 AND :pieces_max
    AND t.paid >= 0
    AND t.paid <= :value_max
    AND t.second_utc >= :first_s
    AND t.second_utc + :offset_s < (:last_day + 1) * 86400.0
