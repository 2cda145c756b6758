-- Where products can be on promotion.
SELECT DISTINCT
    display,
    mailer
FROM promotions
