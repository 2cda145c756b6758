"""Offers: the calibrated chance that a household redeems a coupon campaign, times the margin it leaves.

No uplift may ever be claimed from campaign tables: who was sent what was not drawn by chance.
"""
