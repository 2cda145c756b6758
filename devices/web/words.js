/** What the kiosk says, in the languages it speaks. A missing word would be a bug, so both are written whole. */

/** The notice that these consent texts are; a changed text gets a new id, and old answers keep the old one. */
export const NOTICE_ID = "kiosk-2026-11";

/** Purposes asked at the kiosk, `recognise` first: the others rest on it. */
export const ASKED = ["recognise", "personalise-private", "checkout-offer", "associate-assist", "personalise-public", "measure"];

const en = {
  name: "English",
  hello: { morning: "Good morning.", midday: "Good day.", afternoon: "Good afternoon.", evening: "Good evening.", night: "Good evening.", any: "Welcome." },
  invitation: "Sign in for your own offers, or just look around. Both are fine.",
  code: "Code on my phone", codeMore: "Show it to the reader",
  card: "Scan my card", cardMore: "Hold it under the reader",
  pad: "Type it in", padMore: "Number, phone or e-mail",
  guest: "Continue without signing in", guestMore: "Offers for everybody",
  pause: "Pause the pictures", play: "Play the pictures",
  codeTitle: "Hold your phone to the reader", codeHow: "Open the store's app and show its code. Nothing is read from your phone but this code.",
  cardTitle: "Scan your card", cardHow: "Hold the bars of your card under the light. Or type the number below them.",
  scanned: "What the reader reads",
  padTitle: "Who is it?", padHow: "We turn what you type into a token at once. It is not kept.",
  number: "Card number", phone: "Phone", email: "E-mail",
  back: "Back", next: "Next", erase: "Delete", clear: "Clear",
  askTitle: "You choose what we may use", askHow: "Nothing is on until you turn it on. You can take it back at any time, here or on your phone.",
  needs: "The other choices need this one.",
  withChoices: "Go on with these choices", asBefore: "Go on as I chose before", without: "Continue without signing in",
  purposes: {
    recognise: ["Know that it is me", "You sign in once; this screen and the till know you today.", "Uses your customer number, for this visit."],
    "personalise-private": ["Choose products for me", "See what you may be running low on, and offers that fit you.", "Uses what you bought in our stores."],
    "checkout-offer": ["Offers at the till", "A fitting offer before you pay, never after.", "Uses your basket of today."],
    "associate-assist": ["Let staff help me better", "A colleague can greet you and answer with a good idea.", "Staff see suggestions, not your purchases."],
    "personalise-public": ["Fit the big screens to me", "Screens near you show what you like. Never a name.", "Uses your favourite departments only."],
    measure: ["Count whether it helped", "We stop showing what nobody wants.", "Counts what was shown and bought, without your name."],
  },
  moment: "One moment …",
  failed: "That did not work.", failedHow: "Check what you typed and try again, or go on without. Everything here is open to you.",
  away: "We cannot reach the store's computer.", awayHow: "Please go on without signing in, or try again in a minute.",
  again: "Try again",
  hi: "Hello,", forYou: "Picked for you", forAll: "For everybody today", nothing: "Nothing to show just now. The store has plenty, though.",
  done: "I'm done", doneMore: "Signs you out and clears this screen",
  take: "Your data, on your phone", takeHow: "See what we know, why you see this, and change your mind. The code works once, for a minute.",
  stop: "Stop using my data", stopped: "Done. Nothing of yours is used from now on.",
  why: "Why this?", accept: "I'll take it", notForMe: "Not for me", close: "Close", noted: "Noted. Thank you.",
  idle: "Are you still there?", idleHow: "This screen clears itself in", seconds: "seconds", here: "I'm still here",
  ended: "Signed out. This screen is clear.",
};

const es = {
  name: "Español",
  hello: { morning: "Buenos días.", midday: "Buenas tardes.", afternoon: "Buenas tardes.", evening: "Buenas tardes.", night: "Buenas noches.", any: "Le damos la bienvenida." },
  invitation: "Identifíquese para ver sus ofertas, o simplemente mire. Las dos cosas están bien.",
  code: "Código en mi teléfono", codeMore: "Muéstrelo al lector",
  card: "Escanear mi tarjeta", cardMore: "Póngala bajo el lector",
  pad: "Escribirlo", padMore: "Número, teléfono o correo",
  guest: "Continuar sin identificarme", guestMore: "Ofertas para todos",
  pause: "Detener las imágenes", play: "Mostrar las imágenes",
  codeTitle: "Acerque su teléfono al lector", codeHow: "Abra la app de la tienda y muestre su código. De su teléfono solo leemos ese código.",
  cardTitle: "Escanee su tarjeta", cardHow: "Ponga las barras de su tarjeta bajo la luz. O escriba el número que está debajo.",
  scanned: "Lo que lee el lector",
  padTitle: "¿Quién es?", padHow: "Lo que escribe se convierte enseguida en una clave. No se guarda.",
  number: "Número de tarjeta", phone: "Teléfono", email: "Correo",
  back: "Atrás", next: "Siguiente", erase: "Borrar", clear: "Vaciar",
  askTitle: "Usted decide qué podemos usar", askHow: "Nada está activado hasta que usted lo active. Puede retirarlo cuando quiera, aquí o en su teléfono.",
  needs: "Las demás opciones necesitan esta.",
  withChoices: "Seguir con estas opciones", asBefore: "Seguir como elegí antes", without: "Continuar sin identificarme",
  purposes: {
    recognise: ["Saber que soy yo", "Se identifica una vez; esta pantalla y la caja le conocen hoy.", "Usa su número de cliente, en esta visita."],
    "personalise-private": ["Elegir productos para mí", "Vea lo que se le puede estar acabando y ofertas a su medida.", "Usa lo que compró en nuestras tiendas."],
    "checkout-offer": ["Ofertas en la caja", "Una oferta adecuada antes de pagar, nunca después.", "Usa su cesta de hoy."],
    "associate-assist": ["Que el personal me ayude mejor", "Alguien del equipo puede saludarle con una buena idea.", "El personal ve sugerencias, no sus compras."],
    "personalise-public": ["Adaptar las pantallas grandes", "Las pantallas cercanas muestran lo que le gusta. Nunca un nombre.", "Usa solo sus secciones favoritas."],
    measure: ["Contar si ayudó", "Dejamos de mostrar lo que nadie quiere.", "Cuenta lo mostrado y lo comprado, sin su nombre."],
  },
  moment: "Un momento …",
  failed: "No ha funcionado.", failedHow: "Revise lo que escribió e inténtelo de nuevo, o siga sin identificarse. Todo está abierto para usted.",
  away: "No llegamos al ordenador de la tienda.", awayHow: "Siga sin identificarse, o inténtelo en un minuto.",
  again: "Intentar de nuevo",
  hi: "Hola,", forYou: "Elegido para usted", forAll: "Hoy para todos", nothing: "Ahora no hay nada que mostrar. Pero la tienda está llena.",
  done: "He terminado", doneMore: "Cierra su sesión y limpia la pantalla",
  take: "Sus datos, en su teléfono", takeHow: "Vea qué sabemos, por qué ve esto, y cambie de opinión. El código sirve una vez, durante un minuto.",
  stop: "Dejar de usar mis datos", stopped: "Hecho. Desde ahora no se usa nada suyo.",
  why: "¿Por qué esto?", accept: "Me lo llevo", notForMe: "No es para mí", close: "Cerrar", noted: "Anotado. Gracias.",
  idle: "¿Sigue ahí?", idleHow: "Esta pantalla se limpia en", seconds: "segundos", here: "Sigo aquí",
  ended: "Sesión cerrada. La pantalla está limpia.",
};

/** All languages by their code, the store's first. */
export const LANGUAGES = { en, es };
