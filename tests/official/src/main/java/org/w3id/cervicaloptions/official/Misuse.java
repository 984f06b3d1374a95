package org.w3id.cervicaloptions.official;

/** Asked for something that cannot be done; the message says what. */
final class Misuse extends Exception {
  private static final long serialVersionUID = 1L;

  Misuse(String message) {
    super(message);
  }
}
