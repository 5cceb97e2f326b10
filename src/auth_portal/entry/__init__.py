"""Every way in; all of them end at admit.py."""
