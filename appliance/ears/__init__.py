"""The home's decoding graph: what this home can say, as a recogniser of Kaldi's kind searches it."""
