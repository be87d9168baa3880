from django.core.validators import MinValueValidator
from django.db import models


class Order(models.Model):
    STATUS_CHOICES = [(name, name.capitalize())
                      for name in ("pending", "preparing", "delivering", "delivered", "cancelled")]

    customer_name = models.CharField(max_length=50)
    restaurant_name = models.CharField(max_length=100)
    menu = models.CharField(max_length=200)
    quantity = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    total_price = models.PositiveIntegerField(help_text="KRW")
    delivery_address = models.CharField(max_length=255)
    status = models.CharField(max_length=20, choices=STATUS_CHOICES, default="pending")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
