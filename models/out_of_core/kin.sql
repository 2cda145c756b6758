-- Each item's nearest by cosine, best first, ties by number. Roots, products and quotients are rounded to 32 bits
-- one by one, as the definition in memory does; 64 bits in between change no digit of that.
WITH sided AS (
    SELECT
        item,
        other,
        trips
    FROM pairs
    WHERE MOD(item, :blocks) = :block
    UNION ALL
    SELECT
        other AS item,
        item AS other,
        trips
    FROM pairs
    WHERE MOD(other, :blocks) = :block
),

near AS (
    SELECT
        s.item,
        s.other,
        CAST(
            CAST(s.trips AS DOUBLE) / CAST(
                CAST(
                    CAST(CAST(SQRT(i.trips) AS FLOAT) AS DOUBLE)
                    * CAST(CAST(SQRT(o.trips) AS FLOAT) AS DOUBLE) AS FLOAT
                ) AS DOUBLE
            ) AS FLOAT
        ) AS cosine
    FROM sided AS s
    INNER JOIN vocabulary AS i ON s.item = i.place
    INNER JOIN vocabulary AS o ON s.other = o.place
),

ranked AS (
    SELECT
        item,
        other,
        cosine,
        CAST(ROW_NUMBER() OVER (PARTITION BY item ORDER BY cosine DESC, other) AS INT) AS place
    FROM near
)

SELECT
    item,
    other,
    cosine,
    place
FROM ranked
WHERE place <= :kin
