"""Does the money agree: settlements, their lines, payouts, and the ladder that proves them."""
