"""Carries out what a turn decides: audio to the right stages, words to the home, sentences to speech."""
