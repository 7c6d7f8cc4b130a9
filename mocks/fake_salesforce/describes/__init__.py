"""What an org says of itself: describes, layouts, list views; and an org file made from what a real one says."""
