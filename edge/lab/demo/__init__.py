"""A whole store on one machine, filled with a real grocer's past and shoppers, and audited from outside."""
