"""The parts that every screen is made of: states, figures, times, navigation, errors."""
