-- The lines of goods up to the last day that may be seen, each with the shard of its household. A basket without a
-- card has a household of its own, below zero: made of store and basket, so that no line need know of another.
-- Shards are cut by a multiplicative hash, so that ids in steps of ten or a thousand spread as well as any.
WITH owned AS (
    SELECT
        CASE
            WHEN household >= 0 THEN household
            ELSE -1 - MOD(store, 1073741789) * 4294967291 - MOD(basket, 4294967291)
        END AS household,
        store,
        CASE WHEN basket >= 0 THEN basket ELSE -1 - second_utc END AS basket,
        item,
        quantity,
        paid,
        cents,
        week,
        second_utc
    FROM transactions
    WHERE store >= 0 AND (household >= 0 OR basket >= 0)
)

SELECT
    CAST(
        MOD(MOD(MOD(ABS(t.household), 2147483647) * 1583458089, 2147483647), :shards) AS INT
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
FROM owned AS t
INNER JOIN goods AS g ON t.item = g.item
WHERE
    t.quantity BETWEEN 1 AND :pieces_max
    AND t.paid >= 0
    AND t.paid <= :value_max
    AND t.second_utc >= :first_s
    AND t.second_utc + :offset_s < (:last_day + 1) * 86400.0
