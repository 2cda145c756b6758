-- What households of one shard bought on promotion, and where it was.
SELECT
    household,
    day,
    item,
    display,
    mailer
FROM all_promoted
WHERE shard = :shard
