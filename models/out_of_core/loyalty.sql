-- Of each thing in this shard: trips, recent trips, who bought it, who came back for it, and after how many days;
-- the trips are everybody's, the rest is of households, not of baskets without a card.
-- A household is in one shard alone, so that the shards' rows add up.
WITH habits AS (
    SELECT
        household,
        thing,
        CASE WHEN household >= 0 THEN 1 ELSE 0 END AS known,
        COUNT(*) AS trips,
        SUM(CASE WHEN day > :recent_after THEN 1 ELSE 0 END) AS recent,
        MAX(day) - MIN(day) AS span_days
    FROM bought
    GROUP BY household, thing
)

SELECT
    thing,
    CAST(SUM(trips) AS BIGINT) AS trips,
    CAST(SUM(recent) AS BIGINT) AS recent,
    CAST(SUM(known) AS BIGINT) AS buyers,
    CAST(SUM(CASE WHEN trips > 1 THEN known ELSE 0 END) AS BIGINT) AS returned,
    CAST(SUM(known * span_days) AS BIGINT) AS gap_days,
    CAST(SUM(known * (trips - 1)) AS BIGINT) AS gaps
FROM habits
GROUP BY thing
