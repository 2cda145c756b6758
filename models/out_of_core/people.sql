-- How many households shopped.
SELECT COUNT(DISTINCT household) AS households
FROM purchases
WHERE household >= 0
