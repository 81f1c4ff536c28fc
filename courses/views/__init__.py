"""The pages of the catalogue and of the desk that plans the programme."""
