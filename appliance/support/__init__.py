"""What is given to somebody who helps: how the appliance is doing, nothing about the people of the home."""
