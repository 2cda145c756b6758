/**
 * Which department a product's words belong to, for its colour and picture. Messages carry no picture and no
 * department, only a headline: the first department with a matching word (or its plural) wins, a plain
 * basket stands for the rest. The order matters: a "hamburger bun" is bread, "chocolate milk" is milk.
 */

const WORDS = {
  pet: "dog food, dog biscuit, dog treat, dog snack, dog supplies, cat, pet, kitten, puppy, litter",
  baby: "baby, infant, diaper, toddler, formula",
  flowers: "flower, rose, bouquet, floral, plant, tulip",
  frozen: "frozen, frzn, entrée, ice cream, sherbet, sorbet, pizza, novelties, popsicle, waffle",
  household: "tissue, towel, detergent, bleach, cleaner, cleaning, soap, dishwash, laundry, softener, foil, trash, candle, battery, batteries, bulb, napkin, plate, charcoal, newspaper, magazine, greeting card, air care, paper",
  care: "shampoo, conditioner, hair, deodorant, tooth, toothpaste, oral, lotion, cosmetic, makeup, vitamin, shaving, razor, suntan, analgesic, antacid, first aid, cold and flu",
  eggs: "egg",
  bakery: "bread, wheat, multigrain, bun, roll, loaf, loaves, bakery, muffin, croissant, dough, bagel, tortilla wrap",
  drinks: "soft drink, soda, cola, juice, water, wat, drink, lemonade",
  dairy: "milk, yogurt, butter, margarine, sour cream, cottage cheese, whipping cream, creamer, dairy",
  cheese: "cheese, cheddar, mozzarella, parmesan, swiss",
  breakfast: "cereal, oat, oatmeal, granola, pancake, syrup, breakfast",
  hot: "coffee, tea, cocoa, espresso",
  wine: "wine, beer, ale, liquor, spirit, champagne",
  snacks: "chip, tortilla, pretzel, popcorn, cracker, snack, nut, peanut, salsa",
  sweets: "candy, candies, chocolate, cookie, cake, pie, dessert, pudding, gum, brownie, donut, doughnut, pastry, pastries, topping",
  deli: "deli, ham, lunchmeat, lunch meat, salad bar, sandwich, sandwiches, dip, prepared, salami, sausage, bacon, hot dog, side dish",
  seafood: "fish, salmon, tuna, shrimp, seafood, crab, cod, tilapia",
  pantry: "soup, sauce, pasta, rice, canned, bean, flour, sugar, oil, vinegar, spice, ketchup, mayonnaise, mustard, noodle, macaroni, condiment, dressing, jelly, jam, baking, mix, broth, olive, pickle, honey",
  poultry: "chicken, turkey, poultry",
  meat: "beef, pork, steak, meat, lamb, veal, rib, loin",
  bananas: "banana",
  berries: "berry, berries, strawberry, strawberries, raspberry, raspberries, blueberry, blueberries",
  fruit: "apple, orange, grape, melon, peach, pear, citrus, cantaloupe, watermelon, honeydew, plum, nectarine, kiwi, lemon, lime, clementine, fruit, cherry, cherries, avocado, mango, pineapple, tomato",
  produce: "vegetable, lettuce, salad, carrot, potato, onion, pepper, broccoli, celery, cucumber, cabbage, spinach, mushroom, garlic, corn, squash, herb, produce, garden, radish, radishes, asparagus, zucchini, kale",
};

const PATTERNS = Object.entries(WORDS).map(([aisle, words]) => [
  aisle,
  new RegExp(`\\b(?:${words.split(", ").join("|")})(?:e?s)?\\b`, "i"),
]);

/** The department's name: also the id of its picture and the end of its colour class. */
export function aisleOf(words) {
  const found = PATTERNS.find(([, pattern]) => pattern.test(String(words)));
  return found === undefined ? "basket" : found[0];
}

/** `, store brand` and a size such as `, 12.5 oz` at the end of a headline. */
const DETAIL = /^(.*?[^\d\s,].*?)((?:, store brand)?(?:, (?:[\d.,/ -]+ ?[a-z. ]{1,12}|pint))?)$/i;

/** A headline in two: the name, and brand and size at its end, which may be written smaller. */
export function nameAndSize(headline) {
  const words = String(headline);
  const found = DETAIL.exec(words);
  return found === null || found[2] === "" ? [words, ""] : [found[1], found[2].slice(2)];
}
