"""The telephone user part (Q.721 to Q.724; China: GF 001-9001): see `user_part`."""
